"""`make demo`: a real ERP, a CRM and Tandem between them, on Northwind, checked through both systems' own APIs."""
