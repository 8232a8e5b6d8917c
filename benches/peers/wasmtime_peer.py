"""Times wasm functions and compilations in wasmtime, on request.

Reads one request per line from standard input and answers each with one line:

    call FUNCTION ROUNDS   ->  ok CHECKSUM NANOSECONDS
    compile FILE           ->  ok BYTES NANOSECONDS

Calls are timed by the processor's time, compilations, which are parallel, by the clock on the wall. Settings are wasmtime's defaults: Cranelift at its highest level, guard pages, parallel compilation.
"""

import sys
import time

import wasmtime


class Peer:
    def __init__(self, module):
        self.engine = wasmtime.Engine()
        self.store = wasmtime.Store(self.engine)
        instance = wasmtime.Instance(self.store, wasmtime.Module.from_file(self.engine, module), [])
        self.exports = instance.exports(self.store)

    def call(self, name, rounds):
        function, rounds = self.exports[name], int(rounds)
        start = time.thread_time_ns()
        checksum = function(self.store, rounds)
        elapsed = time.thread_time_ns() - start
        return checksum & (1 << 64) - 1, elapsed

    def compile(self, file):
        with open(file, "rb") as opened:
            wasm = opened.read()
        start = time.perf_counter_ns()
        module = wasmtime.Module(self.engine, wasm)
        elapsed = time.perf_counter_ns() - start
        return len(module.serialize()), elapsed


def main():
    peer = Peer(sys.argv[1])
    requests = {"call": peer.call, "compile": peer.compile}
    for line in sys.stdin:
        verb, *arguments = line.split()
        try:
            print("ok", *requests[verb](*arguments), flush=True)
        except Exception as error:
            print("error", str(error).replace("\n", " "), flush=True)


main()
