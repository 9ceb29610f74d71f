"""Every resource type and property that the local stack knows, and who takes care of it. What is not here is refused.

moto skips what it does not know with a warning; a stack that silently lacks an alarm or a redrive policy proves
nothing. So each type names its properties: a template that uses another one fails at the start, by name.
"""

from collections.abc import Mapping

KNOWN_PROPERTIES: Mapping[str, frozenset[str]] = {
    resource_type: frozenset(properties.split())
    for resource_type, properties in {
        # Driven by local/stack, from the properties as deployed.
        "AWS::ApiGatewayV2::Api": "Body Name ProtocolType FailOnWarnings Tags Description DisableExecuteApiEndpoint",
        "AWS::ApiGatewayV2::Stage": "ApiId StageName AutoDeploy Tags AccessLogSettings DefaultRouteSettings "
        "RouteSettings Description StageVariables",
        "AWS::Lambda::Function": "Code Handler Runtime Role Environment Timeout MemorySize Architectures Layers Tags "
        "TracingConfig LoggingConfig Description ReservedConcurrentExecutions FunctionName EphemeralStorage",
        "AWS::Lambda::EventSourceMapping": "EventSourceArn FunctionName BatchSize MaximumBatchingWindowInSeconds "
        "Enabled FunctionResponseTypes ScalingConfig StartingPosition BisectBatchOnFunctionError MaximumRetryAttempts "
        "MaximumRecordAgeInSeconds DestinationConfig Tags",
        "AWS::Lambda::EventInvokeConfig": "FunctionName Qualifier MaximumRetryAttempts MaximumEventAgeInSeconds "
        "DestinationConfig",
        "AWS::Lambda::Permission": "Action FunctionName Principal SourceArn SourceAccount",
        "AWS::Scheduler::Schedule": "Name ScheduleExpression ScheduleExpressionTimezone FlexibleTimeWindow State "
        "Target Description GroupName",
        "AWS::Events::Rule": "Name EventBusName EventPattern ScheduleExpression State Targets Description",
        "AWS::Events::EventBus": "Name Description Tags",
        "AWS::SQS::Queue": "QueueName VisibilityTimeout RedrivePolicy RedriveAllowPolicy MessageRetentionPeriod "
        "DelaySeconds ReceiveMessageWaitTimeSeconds MaximumMessageSize SqsManagedSseEnabled KmsMasterKeyId "
        "KmsDataKeyReusePeriodSeconds Tags",
        "AWS::SQS::QueuePolicy": "Queues PolicyDocument",
        "AWS::DynamoDB::Table": "TableName BillingMode AttributeDefinitions KeySchema GlobalSecondaryIndexes "
        "StreamSpecification PointInTimeRecoverySpecification SSESpecification TimeToLiveSpecification "
        "DeletionProtectionEnabled Tags TableClass",
        "AWS::IAM::Role": "AssumeRolePolicyDocument Policies ManagedPolicyArns Path RoleName Tags Description "
        "MaxSessionDuration",
        "AWS::IAM::ManagedPolicy": "PolicyDocument Description ManagedPolicyName Path Roles",
        # Answered by moto as they are.
        "AWS::KMS::Key": "KeyPolicy EnableKeyRotation Description KeySpec KeyUsage PendingWindowInDays Enabled Tags",
        "AWS::KMS::Alias": "AliasName TargetKeyId",
        "AWS::Logs::LogGroup": "LogGroupName RetentionInDays KmsKeyId Tags",
        "AWS::SNS::Topic": "TopicName DisplayName KmsMasterKeyId Tags Subscription",
        "AWS::CloudWatch::Dashboard": "DashboardBody DashboardName",
        # Registered with moto's own service by local/stack, since moto's CloudFormation does not.
        "AWS::CloudWatch::Alarm": "AlarmName AlarmDescription ActionsEnabled AlarmActions OKActions "
        "InsufficientDataActions Namespace MetricName Dimensions Statistic ExtendedStatistic Period EvaluationPeriods "
        "DatapointsToAlarm Threshold ComparisonOperator TreatMissingData Metrics Unit Tags",
        # Recorded facts: nothing on one machine depends on them.
        "AWS::Lambda::LayerVersion": "Content LayerName Description CompatibleRuntimes CompatibleArchitectures "
        "LicenseInfo",
        "AWS::SNS::TopicPolicy": "Topics PolicyDocument",
        "AWS::SNS::Subscription": "TopicArn Protocol Endpoint",
        "AWS::SecretsManager::Secret": "Name Description GenerateSecretString KmsKeyId Tags",
    }.items()
}


class UnknownResource(ValueError):
    """The template uses a type or a property that the local stack would ignore."""


def refuse_unknown(resources: Mapping[str, Mapping[str, object]]) -> None:
    """Raises UnknownResource, naming every resource and what about it is unknown."""
    complaints = [f"{name}: {complaint}" for name, each in resources.items() for complaint in _complaints(each)]
    if complaints:
        raise UnknownResource("the local stack does not know: " + "; ".join(complaints))


def _complaints(resource: Mapping[str, object]) -> list[str]:
    resource_type = str(resource.get("Type"))
    if resource_type not in KNOWN_PROPERTIES:
        return [f"type {resource_type}"]
    properties = resource.get("Properties", {})
    unknown = sorted(set(properties) - KNOWN_PROPERTIES[resource_type]) if isinstance(properties, dict) else []
    return [f"property {resource_type}.{each}" for each in unknown]
