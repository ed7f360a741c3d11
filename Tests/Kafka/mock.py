"""The mock cluster of librdkafka as a process, for faults that a real broker does not show on request.

    python3 Tests/Kafka/mock.py [BROKERS]

Prints `ready HOST:PORT,…`. Then reads commands, one a line, and answers each with `ok` or the error:

    topic NAME PARTITIONS     creates a topic
    down BROKER               closes the connections of a broker, and accepts no more
    up BROKER                 accepts connections again
    delay BROKER MS           delays every answer of a broker
    fail API CODE COUNT       answers the next COUNT requests of an API with an error; -195 closes the connection
    leader TOPIC PART BROKER  moves the leader of a partition
    refuse TOPIC CODE         answers questions about a topic with an error

The cluster ends with the standard input, and with the process that started it.
"""

import ctypes
import os
import sys
import threading
import time

TEXT = ctypes.create_string_buffer(512)


def library():
    kafka = ctypes.CDLL("librdkafka.so.1")
    for name in ("rd_kafka_conf_new", "rd_kafka_new", "rd_kafka_mock_cluster_new"):
        getattr(kafka, name).restype = ctypes.c_void_p
    kafka.rd_kafka_mock_cluster_bootstraps.restype = ctypes.c_char_p
    kafka.rd_kafka_err2str.restype = ctypes.c_char_p
    return kafka


def end_with(parent):
    """The end of the standard input is not enough: a sister process may have inherited its other end."""
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(1)


def main():
    threading.Thread(target=end_with, args=[os.getppid()], daemon=True).start()
    kafka = library()
    configuration = ctypes.c_void_p(kafka.rd_kafka_conf_new())
    handle = ctypes.c_void_p(kafka.rd_kafka_new(0, configuration, TEXT, 512))
    brokers = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    cluster = ctypes.c_void_p(kafka.rd_kafka_mock_cluster_new(handle, brokers))
    addresses = kafka.rd_kafka_mock_cluster_bootstraps(cluster).decode()

    def fail(api, code, count):
        errors = (ctypes.c_int * count)(*[code] * count)
        kafka.rd_kafka_mock_push_request_errors_array(cluster, ctypes.c_int16(api), ctypes.c_size_t(count), errors)
        return 0

    def refuse(topic, code):
        kafka.rd_kafka_mock_topic_set_error(cluster, topic.encode(), int(code))
        return 0

    commands = {
        "refuse": refuse,
        "topic": lambda name, count: kafka.rd_kafka_mock_topic_create(cluster, name.encode(), int(count), 1),
        "down": lambda broker: kafka.rd_kafka_mock_broker_set_down(cluster, int(broker)),
        "up": lambda broker: kafka.rd_kafka_mock_broker_set_up(cluster, int(broker)),
        "delay": lambda broker, ms: kafka.rd_kafka_mock_broker_set_rtt(cluster, int(broker), int(ms)),
        "fail": lambda api, code, count: fail(int(api), int(code), int(count)),
        "leader": lambda topic, partition, broker: kafka.rd_kafka_mock_partition_set_leader(
            cluster, topic.encode(), int(partition), int(broker)
        ),
    }
    print("ready", addresses, flush=True)
    for line in sys.stdin:
        name, *words = line.split()
        code = commands[name](*words)
        print("ok" if code == 0 else kafka.rd_kafka_err2str(code).decode(), flush=True)


main()
