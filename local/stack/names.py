"""Where the local stack pretends to be: one region, one account, credentials that open nothing."""

REGION = "eu-central-1"
ACCOUNT = "123456789012"
ACCESS_KEY = "LOCALSTACKONLY000000"
SECRET_KEY = "opens-nothing"
STACK_NAME = "tandem-local"
