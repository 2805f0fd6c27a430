"""A serial port that pyserial serves by RFC 2217, as its own example does: `rfc2217_server.py DEVICE` prints its TCP port."""

import socket
import sys
import threading

import serial
import serial.rfc2217


class Device(serial.Serial):
    """A pseudo-terminal has no modem lines."""

    cts = dsr = ri = cd = property(lambda self: False)


def main() -> None:
    device = Device(sys.argv[1], timeout=0.05)
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    listening.listen(1)
    print(listening.getsockname()[1], flush=True)
    while True:
        client, _ = listening.accept()
        serve(device, client)


def serve(device: serial.Serial, client: socket.socket) -> None:
    lock = threading.Lock()

    class Connection:
        def write(self, data: bytes) -> None:
            with lock:
                client.sendall(data)

    connection = Connection()
    manager = serial.rfc2217.PortManager(device, connection)
    gone = threading.Event()

    def read() -> None:
        while not gone.is_set():
            data = device.read(device.in_waiting or 1)
            if data:
                connection.write(b"".join(manager.escape(data)))

    reader = threading.Thread(target=read)
    reader.start()
    while data := client.recv(1024):
        device.write(b"".join(manager.filter(data)))
    gone.set()
    reader.join()


main()
