"""The buyer's report: one HTML page that needs nothing else, with a table of reorder points and plots of the demand."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any
from xml.etree import ElementTree

Line = Mapping[str, Any]

SHOWN_IN_THE_PLOT = 20
_SVG = "http://www.w3.org/2000/svg"
_BARS = "▁▂▃▄▅▆▇█"
_COLUMNS = (
    ("SKU", "", "Product"),
    ("Orders by week", "", "the oldest first"),
    ("A day", "number", "mean ± standard deviation"),
    ("Cover", "number", "days for which what is on hand is enough"),
    ("On hand", "number", ""),
    ("On order", "number", ""),
    ("Lead time", "number", "days"),
    ("Over lead time", "number", "demand expected until a replenishment arrives"),
    ("Safety stock", "number", ""),
    ("Reorder point", "number", "computed"),
    ("Set", "number", "level in the stock's own system"),
    ("Buy", "number", "suggested"),
)
_STYLE = """
body{font:15px/1.45 system-ui,sans-serif;margin:2rem auto;max-width:80rem;padding:0 1rem;color:#1f2933}
h1{margin-bottom:.2rem} p.terms{color:#52606d;margin-top:0} figure{margin:1.5rem 0}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums} caption{text-align:left;color:#52606d}
th,td{padding:.35rem .6rem;border-bottom:1px solid #e4e7eb;text-align:left;vertical-align:middle}
th{position:sticky;top:0;background:#fff;font-weight:600} .number{text-align:right;white-space:nowrap}
tr.low td:first-child{border-left:4px solid #d64545} td small{color:#52606d} .bars{color:#2f80ed;white-space:nowrap}
@media print{body{margin:0;max-width:none} th{position:static}}
"""


def page(title: str, terms: str, lines: Sequence[Line]) -> str:
    """Return the page; `lines` are those of GET /reorder-points, shown with what is most urgent first."""
    ordered = sorted(lines, key=_urgency)
    heads = "".join(f'<th class="{kind}" title="{escape(more)}">{escape(name)}</th>' for name, kind, more in _COLUMNS)
    rows = "\n".join(_row(each) for each in ordered)
    low = sum(bool(each["is_low"]) for each in lines)
    return f"""<!doctype html>
<html lang="en"><meta charset="utf-8"><title>{escape(title)}</title><style>{_STYLE}</style>
<h1>{escape(title)}</h1>
<p class="terms">{escape(terms)}</p>
<figure>{_overview(ordered)}
<figcaption>What is there and on its way, beside the levels at which to buy.</figcaption></figure>
<table><caption>{len(lines)} products, {low} of them at or below their level (red mark).</caption>
<thead><tr>{heads}</tr></thead>
<tbody>
{rows}
</tbody></table>
</html>
"""


def _urgency(each: Line) -> tuple[bool, float, str]:
    cover = each["days_of_cover"]
    return not each["is_low"], float("inf") if cover is None else float(cover), str(each["sku"])


def _row(each: Line) -> str:
    name = f"<small>{escape(each['name'] or '')}</small>"
    cells = (
        ("", f"{escape(each['sku'] or '')}<br>{name}"),
        ("bars", spark(each["weeks"])),
        ("number", "–" if each["per_day"] is None else f"{each['per_day']:.2f} ± {each['deviation']:.2f}"),
        ("number", "–" if each["days_of_cover"] is None else f"{each['days_of_cover']:.1f}"),
        *(("number", _text(each[key])) for key in ("on_hand", "on_order")),
        ("number", f"{each['lead_days']:g}{'' if each['lead_is_known'] else ' (assumed)'}"),
        *(
            ("number", _text(each[key]))
            for key in ("over_lead_time", "safety_stock", "reorder_point", "own_level", "suggested")
        ),
    )
    inside = "".join(f'<td class="{kind}">{text}</td>' if kind else f"<td>{text}</td>" for kind, text in cells)
    return f'<tr class="low">{inside}</tr>' if each["is_low"] else f"<tr>{inside}</tr>"


def _text(value: object) -> str:
    return "–" if value is None else escape(str(value))


def spark(weeks: Sequence[str]) -> str:
    """Return quantities as a line of bars, the highest as high as a letter; nothing where nothing was ordered."""
    quantities = [float(each) for each in weeks]
    most = max(quantities, default=0.0)
    return "".join(_BARS[round(each / most * (len(_BARS) - 1))] for each in quantities) if most > 0 else ""


def _overview(lines: Sequence[Line]) -> str:
    bars = _pygal().HorizontalBar

    some = [each for each in lines if each["reorder_point"] or each["own_level"]][:SHOWN_IN_THE_PLOT][::-1]
    chart = bars(
        js=(),
        style=_style(),
        disable_xml_declaration=True,
        height=120 + 34 * len(some),
        legend_at_bottom=True,
        no_data_text="nothing was ordered in these days",
    )
    chart.x_labels = [f"{each['sku']} {each['name'] or ''}"[:32] for each in some]
    chart.add("set in the stock's own system", [_number(each["own_level"]) for each in some])
    chart.add("computed reorder point", [_number(each["reorder_point"]) for each in some])
    chart.add("on hand and on order", [_number(each["counted"]) for each in some])
    return _without_scripts(chart.render(is_unicode=True))


def _without_scripts(drawing: str) -> str:
    """Return a drawing that runs nothing: pygal adds settings for its own JavaScript, which is of no use here."""
    ElementTree.register_namespace("", _SVG)
    tree = ElementTree.fromstring(drawing)
    for parent in list(tree.iter()):
        for script in parent.findall(f"{{{_SVG}}}script"):
            parent.remove(script)
    return ElementTree.tostring(tree, encoding="unicode")


def _number(text: str | None) -> float | None:
    return None if text is None else float(text)


def _pygal() -> Any:
    """Return pygal without the finder that it leaves behind, of a form that Python 3.12 and newer do not know."""
    import pygal

    sys.meta_path[:] = [finder for finder in sys.meta_path if hasattr(finder, "find_spec")]
    return pygal


def _style() -> Any:
    return _pygal().style.Style(
        background="transparent",
        plot_background="transparent",
        font_family="system-ui, sans-serif",
        colors=("#9fb3c8", "#f0b429", "#2f80ed"),
        opacity=".9",
    )
