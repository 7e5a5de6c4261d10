"""Tiles under viewers that pan: how long each waits, with the server on the same machine.

``python benchmarks/serve.py STUDY [--viewers 50] [--seconds 60]``. Each viewer looks at a window of 4 x 3 tiles of one of a few
products and at a zoom of its own, and moves by a tile every two seconds, so that some tiles are new to everybody and some are known.
"""

import argparse
import http.client
import math
import random
import statistics
import subprocess
import sys
import threading
import time

PRODUCTS = ("slope", "land_cover", "elevation", "ecological_sensitivity", "net_primary_production")
PAUSE_S = 2.0


def main() -> None:
    """Run the server, send the viewers, tell what they waited."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("study")
    parser.add_argument("--viewers", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=60.0)
    words = parser.parse_args()
    server = subprocess.Popen(
        [sys.executable, "-m", "shanshui", "serve", words.study, "--port", "0"], stdout=subprocess.PIPE, text=True
    )  # fmt: skip
    try:
        port = int(server.stdout.readline().rstrip("/\n").rpartition(":")[2])
        told = _json(port, "/api")["studies"][0]["study"]
        bounds = _json(port, f"/api/{told}")["bounds"]
        known = {p["product"] for p in _json(port, f"/api/{told}/base/products")["products"]}
        shown = [p for p in PRODUCTS if p in known]
        waits: list[float] = []
        faults: list[str] = []
        until = time.monotonic() + words.seconds
        viewers = [
            threading.Thread(
                target=_view, args=(port, told, shown, bounds, k, until, waits, faults)
            )
            for k in range(words.viewers)
        ]
        for viewer in viewers:
            viewer.start()
        for viewer in viewers:
            viewer.join()
        cuts = statistics.quantiles(waits, n=100)
        memory = _memory(server.pid)
        print(
            f"{words.viewers} viewers, {words.seconds:g} s: {len(waits)} tiles, {len(waits) / words.seconds:.0f} a second, "
            f"median {cuts[49] * 1e3:.0f} ms, p95 {cuts[94] * 1e3:.0f} ms, p99 {cuts[98] * 1e3:.0f} ms, "
            f"{len(faults)} faults, server {memory} MB"
        )
        for fault in faults[:5]:
            print(" ", fault)
    finally:
        server.terminate()


def _view(port, study, products, bounds, seed, until, waits, faults) -> None:
    own = random.Random(seed)  # noqa: S311 - where somebody looks, no secret
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    zoom, product = own.choice([7, 8, 9, 10]), own.choice(products)
    x, y = _tile(own.uniform(bounds[0], bounds[2]), own.uniform(bounds[1], bounds[3]), zoom)
    held: set[tuple[int, int]] = set()
    time.sleep(own.uniform(0, PAUSE_S))
    while time.monotonic() < until:
        for i in range(4):
            for j in range(3):
                at = (x + i, y + j)
                if at in held or not all(0 <= v < 2**zoom for v in at):
                    continue
                held.add(at)
                began = time.perf_counter()
                try:
                    connection.request(
                        "GET", f"/tiles/{study}/base/{product}/{zoom}/{at[0]}/{at[1]}.png?v=1"
                    )
                    answer = connection.getresponse()
                    answer.read()
                    if answer.status != 200:
                        faults.append(f"{answer.status} {product} {zoom} {at}")
                except OSError as error:
                    faults.append(str(error))
                    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
                waits.append(time.perf_counter() - began)
        x, y = x + own.choice([-1, 0, 1]), y + own.choice([-1, 0, 1])
        time.sleep(PAUSE_S)


def _tile(lon: float, lat: float, zoom: int) -> tuple[int, int]:
    turn = math.asinh(math.tan(math.radians(lat)))
    return int((lon + 180) / 360 * 2**zoom), int((1 - turn / math.pi) / 2 * 2**zoom)


def _json(port: int, place: str):
    import json

    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    connection.request("GET", place)
    return json.loads(connection.getresponse().read())


def _memory(pid: int) -> int:
    with open(f"/proc/{pid}/status") as file:  # noqa: PTH123 - a file of the kernel
        return next(int(line.split()[1]) // 1024 for line in file if line.startswith("VmHWM"))


if __name__ == "__main__":
    main()
