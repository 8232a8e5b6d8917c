"""Runs cases of a program in wasmtime, each in a process and a folder of its own.

Standard input is an object in JSON: `module`, a file; `cases`, each with its `folder` and `arguments`; `directories`, pairs
of a name in that folder and the program's name for it; `variables`, pairs of name and value; `input`, the text of the program's standard
input. Standard output is a list in JSON with the `code` and the `stdout` of each case. The code of a trap is 1.
"""

import json
import os
import signal
import sys
import tempfile
import traceback

import wasmtime

# More than any case takes, in seconds.
LIMIT = 120


def in_a_child(work):
    """Processes that have not used wasmtime can fork. Returns the child's exit code, negative if a signal ended it."""
    child = os.fork()
    if child == 0:
        code = 70
        try:
            signal.alarm(LIMIT)
            code = work()
        except BaseException:
            traceback.print_exc()
        os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def compile_module(source, target):
    with open(source, "rb") as opened:
        wasm = opened.read()
    compiled = wasmtime.Module(wasmtime.Engine(), wasm).serialize()
    with open(target, "wb") as opened:
        opened.write(compiled)
    return 0


def execute(compiled, request, case):
    os.chdir(case["folder"])
    config = wasmtime.WasiConfig()
    config.inherit_stdin()
    config.inherit_stdout()
    config.inherit_stderr()
    for host, guest in request["directories"]:
        config.preopen_dir(host, guest)
    config.env = request["variables"]
    config.argv = ["program", *case["arguments"]]
    engine = wasmtime.Engine()
    linker = wasmtime.Linker(engine)
    linker.define_wasi()
    store = wasmtime.Store(engine)
    store.set_wasi(config)
    instance = linker.instantiate(store, wasmtime.Module.deserialize_file(engine, compiled))
    try:
        instance.exports(store)["_start"](store)
    except wasmtime.ExitTrap as end:
        return end.code
    except (wasmtime.Trap, wasmtime.WasmtimeError) as error:
        print(case["arguments"], error, file=sys.stderr)
        return 1
    return 0


def collect(file):
    """The end of a pipe to write into, and the process that copies what comes out of it into a file."""
    reader, writer = os.pipe()
    collector = os.fork()
    if collector == 0:
        os.close(writer)
        with open(file, "wb") as opened:
            while piece := os.read(reader, 65536):
                opened.write(piece)
        os._exit(0)
    os.close(reader)
    return writer, collector


def run(compiled, request, case, folder):
    """Streams are pipes, as most programs have them that are started by others."""
    names = "stdout", "stderr"
    files = [os.path.join(folder, name) for name in names]
    collected = [collect(file) for file in files]
    source, sink = os.pipe()
    os.write(sink, request["input"].encode())
    os.close(sink)

    def child():
        for number, opened in enumerate([source, *(writer for writer, _ in collected)]):
            os.dup2(opened, number)
            os.close(opened)
        return execute(compiled, request, case)

    answer = {"code": in_a_child(child)}
    os.close(source)
    for (writer, _) in collected:
        os.close(writer)
    for name, file, (_, collector) in zip(names, files, collected):
        os.waitpid(collector, 0)
        with open(file, encoding="utf-8") as opened:
            answer[name] = opened.read()
    return answer


def main():
    request = json.load(sys.stdin)
    with tempfile.TemporaryDirectory() as folder:
        compiled = os.path.join(folder, "compiled")
        if in_a_child(lambda: compile_module(request["module"], compiled)):
            sys.exit("wasmtime does not compile the program")
        json.dump([run(compiled, request, case, folder) for case in request["cases"]], sys.stdout)


main()
