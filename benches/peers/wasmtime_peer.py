"""Times wasm functions and compilations in wasmtime, on request.

Reads one request per line from standard input and answers each with one line:

    call FUNCTION ROUNDS   ->  ok CHECKSUM NANOSECONDS
    compile FILE           ->  ok BYTES NANOSECONDS
    open FILE LIBRARY      ->  ok 0 0, of benches/calls: the module, and wasmtime.c compiled
    enter ROUNDS           ->  ok RESULT NANOSECONDS of so many calls from C into that module
    leave ROUNDS           ->  ok RESULT NANOSECONDS of so many calls from that module of a function in C

Calls are timed by the processor's time, compilations, which are parallel, by the clock on the wall. Settings are wasmtime's defaults: Cranelift at its highest level, guard pages, parallel compilation.
"""

import ctypes
import sys
import time

import wasmtime
from wasmtime import _bindings as ffi


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

    def open(self, file, library):
        self.library = ctypes.CDLL(library)
        self.library.call.restype = ctypes.c_uint64
        i32 = wasmtime.ValType.i32()
        add_one = ctypes.cast(self.library.add_one, ffi.wasmtime_func_unchecked_callback_t)
        function = ffi.wasmtime_func_t()
        ty = wasmtime.FuncType([i32], [i32])
        finalizer = ctypes.CFUNCTYPE(None, ctypes.c_void_p)()
        ffi.wasmtime_func_new_unchecked(
            self.store._context(), ty.ptr(), add_one, None, finalizer, ctypes.byref(function))
        module = wasmtime.Module.from_file(self.engine, file)
        instance = wasmtime.Instance(self.store, module, [wasmtime.Func._from_raw(function)])
        self.calls = instance.exports(self.store)
        return 0, 0

    def timed(self, name, argument, rounds):
        result = ctypes.c_uint32(argument)
        elapsed = self.library.call(
            ffi.dll.wasmtime_func_call_unchecked, self.store._context(), ctypes.byref(self.calls[name]._func),
            ctypes.c_uint32(rounds), ctypes.byref(result))
        if not elapsed:
            raise RuntimeError(f"`{name}` trapped")
        return result.value, elapsed

    def enter(self, rounds):
        return self.timed("enter", 0, int(rounds))

    def leave(self, rounds):
        return self.timed("leave", int(rounds), 1)


def main():
    peer = Peer(sys.argv[1])
    requests = {name: getattr(peer, name) for name in ("call", "compile", "open", "enter", "leave")}
    for line in sys.stdin:
        verb, *arguments = line.split()
        try:
            print("ok", *requests[verb](*arguments), flush=True)
        except Exception as error:
            print("error", str(error).replace("\n", " "), flush=True)


main()
