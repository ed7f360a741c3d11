"""Two Lambda functions, as they run on AWS."""


class OutOfStock(Exception):
    pass


class BankBusy(Exception):
    pass


calls = 0


def reserve(event, context):
    if event["quantity"] > 10:
        raise OutOfStock(f"there are only 10 of {event['item']}")
    return {"reserved": event["quantity"]}


def charge(event, context):
    global calls
    calls += 1
    if calls == 1:
        raise BankBusy("call again in a second")
    return {"payment": f"payment-{event['order']}", "amount": event["quantity"] * 25}
