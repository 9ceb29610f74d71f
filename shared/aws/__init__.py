"""The only place that knows AWS: boto3 and Powertools live here and nowhere else."""
