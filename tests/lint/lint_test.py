#!/usr/bin/python3
"""The lints' own tests: each has to pass good samples and to fail on bad ones."""

import json
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"


class Sample(unittest.TestCase):
    """A little source tree of its own, outside every git repository."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="pollux-lint-")
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)

    def write(self, name, text):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def lint(self, name, *arguments):
        # Git must not find a repository above the sample.
        environment = {**os.environ, "GIT_CEILING_DIRECTORIES": str(self.root.parent)}
        result = subprocess.run([sys.executable, SCRIPTS / f"{name}.py", "--root", self.root, *arguments],
                                capture_output=True, text=True, check=False, cwd=self.root, env=environment)
        self.assertEqual(result.stderr, "")
        return result.returncode, result.stdout

    def assert_fine(self, name, *arguments):
        status, output = self.lint(name, *arguments)
        self.assertEqual(status, 0, output)

    def assert_finds(self, name, text, *arguments):
        status, output = self.lint(name, *arguments)
        self.assertEqual(status, 1, output)
        self.assertIn(text, output)


class Includes(Sample):
    def setUp(self):
        super().setUp()
        for room in ("base", "api", "rtp", "session", "io", "stages", "worker"):
            self.write(f"dataplane/{room}/x.hpp", "#include <vector>\n")
        self.write("controlplane/session/x.hpp", '#include "dataplane/api/x.hpp"\n')

    def test_downward_includes_are_fine(self):
        self.write("dataplane/worker/y.cpp", '#include "dataplane/stages/x.hpp"\n#include <rte_mbuf.h>\n'
                                             "class Node final : public Dataplane {};\n")
        self.write("dataplane/session/y.cpp", '#include "dataplane/rtp/x.hpp"\n')
        self.write("controlplane/rpc/y.cpp", '#include "pollux/v1/session.pb.h"\n#include <grpcpp/grpcpp.h>\n'
                                             '#include "controlplane/session/x.hpp"\n')
        self.write("controlplane/main.cpp", '#include "dataplane/worker/x.hpp"\n#include <yaml-cpp/yaml.h>\n')
        self.assert_fine("check_includes")

    def check_bad(self, path, text, finding):
        self.write(path, text)
        self.assert_finds("check_includes", finding)

    def test_upward_include(self):
        self.check_bad("dataplane/rtp/y.cpp", '#include "dataplane/session/x.hpp"\n', "y.cpp:1:")

    def test_indented_include(self):
        self.check_bad("dataplane/io/y.cpp", ' # include "dataplane/session/x.hpp"\n', "dataplane/io may")

    def test_control_plane_reaches_past_the_door(self):
        self.check_bad("controlplane/session/y.cpp", '#include "dataplane/io/x.hpp"\n', "y.cpp:1:")

    def test_data_plane_reaches_up(self):
        self.check_bad("dataplane/worker/y.cpp", '#include "controlplane/session/x.hpp"\n', "y.cpp:1:")

    def test_dpdk_in_session(self):
        self.check_bad("dataplane/session/y.cpp", "#include <rte_mbuf.h>\n", "DPDK headers belong")

    def test_yaml_outside_config(self):
        self.check_bad("controlplane/rpc/y.cpp", "#include <yaml-cpp/yaml.h>\n", "yaml-cpp headers belong")

    def test_generated_header_outside_rpc(self):
        self.check_bad("controlplane/session/y.cpp", '#include "pollux/v1/session.pb.h"\n', "only rpc,")

    def test_client_reaches_into_the_server(self):
        self.check_bad("controlplane/cli/y.cpp", '#include "controlplane/session/x.hpp"\n', "y.cpp:1:")

    def test_include_not_from_the_root(self):
        self.check_bad("dataplane/rtp/y.cpp", '#include "x.hpp"\n', "no such file")

    def test_unknown_room(self):
        self.check_bad("dataplane/misc/y.cpp", "", "no room that the include rule knows")

    def test_second_implementation_of_the_door(self):
        self.check_bad("dataplane/stages/y.cpp", "class Fake : public Dataplane {};\n", "implements")

    def test_empty_tree(self):
        for path in self.root.rglob("*.hpp"):
            path.unlink()
        self.assertEqual(self.lint("check_includes")[0], 2)


class HotSymbols(Sample):
    def build(self, text, name="dataplane/stages/hot.cpp"):
        source = self.write(name, text)
        folder = self.root / "build"
        folder.mkdir(exist_ok=True)
        subprocess.run(["g++", "-std=gnu++20", "-O2", "-c", source, "-o", folder / "hot.o"], check=True)
        entry = {"directory": str(folder), "file": f"../{name}", "output": "hot.o"}
        (folder / "compile_commands.json").write_text(json.dumps([entry]))

    def test_no_build(self):
        self.write("dataplane/stages/hot.cpp", "int f();\n")
        self.assert_fine("check_hot_symbols")

    def test_not_built_yet(self):
        self.build("int f() { return 1; }\n")
        (self.root / "build/hot.o").unlink()
        self.assertNotEqual(self.lint("check_hot_symbols")[0], 0)

    def test_pure_arithmetic(self):
        self.build("int f(int x) { return x + 1; }\n")
        self.assert_fine("check_hot_symbols")

    def test_cold_rooms_may(self):
        self.build("void* f() { return new int; }\n", "dataplane/io/cold.cpp")
        self.assertEqual(self.lint("check_hot_symbols")[0], 2)  # nothing hot to look at, and it says so

    def check_bad(self, text, finding):
        self.build(text)
        self.assert_finds("check_hot_symbols", finding)

    def test_new(self):
        self.check_bad("int* f() { return new int[8]; }\n", "heap: wants _Znam")

    def test_delete(self):
        self.check_bad("void f(int* p) { delete p; }\n", "heap: wants _ZdlPv")

    def test_malloc(self):
        self.check_bad("#include <cstdlib>\nvoid* f() { return std::malloc(8); }\n", "heap: wants malloc")

    def test_vector(self):
        self.check_bad("#include <vector>\nvoid f(std::vector<int>& v) { v.push_back(1); }\n", "wants _Znwm")

    def test_throw(self):
        self.check_bad("void f() { throw 1; }\n", "exception: wants __cxa_throw")

    def test_mutex(self):
        self.check_bad("#include <mutex>\nstd::mutex m;\nvoid f() { m.lock(); }\n", "lock: wants pthread")

    def test_function_object(self):
        self.check_bad("#include <functional>\nint f(const std::function<int()>& g) { return g(); }\n",
                       "std::function: wants")

    def test_log(self):
        self.check_bad('#include <cstdio>\nvoid f(int x) { std::printf("%d", x); }\n', "log: wants")

    def test_wait(self):
        self.check_bad("extern void (*rte_delay_us)(unsigned);\nvoid f() { rte_delay_us(1); }\n",
                       "wait: wants rte_delay_us")

    def test_sleep(self):
        self.check_bad("#include <unistd.h>\nvoid f() { usleep(1); }\n", "system call: wants usleep")


class FileLength(Sample):
    def test_limits(self):
        self.write("a.cpp", "x\n" * 400)
        self.write("scripts/b", "y" * 110 + "\n")
        self.write("data.json", "z" * 500 + "\n")
        self.assert_fine("check_file_length")

    def test_too_many_lines(self):
        self.write("a.cpp", "x\n" * 401)
        self.assert_finds("check_file_length", "a.cpp:401: 401 lines")

    def test_too_wide(self):
        self.write("scripts/b", "ok\n" + "y" * 111 + "\n")
        self.assert_finds("check_file_length", "scripts/b:2: 111 characters")


class Format(Sample):
    def setUp(self):
        super().setUp()
        self.write(".clang-format", "BasedOnStyle: Google\n")

    def test_formatted(self):
        self.write("a.cpp", "int f() { return 1; }\n")
        self.assert_fine("check_format")

    def test_unformatted(self):
        self.write("a.cpp", "int f() { return 1; }\nint  g( ) {return 1;}\n")
        self.assert_finds("check_format", "a.cpp:2:")


class Docs(Sample):
    def test_good_links(self):
        self.write("docs/b.md", "# A title: with `code`\n## Twice\n## Twice\n")
        self.write("README.md", "[b](docs/b.md) [t](docs/b.md#a-title-with-code) [2](docs/b.md#twice-1)\n"
                                "[w](https://example.org/x) `[no](link.md)`\n```\n[no](link.md)\n```\n")
        self.assert_fine("check_docs")

    def test_missing_page(self):
        self.write("README.md", "text\n[b](docs/none.md)\n")
        self.assert_finds("check_docs", "README.md:2: link to docs/none.md")

    def test_missing_heading(self):
        self.write("README.md", "# Here\n[b](#there)\n")
        self.assert_finds("check_docs", "README.md:2: link to #there")

    def test_machine_path(self):
        self.write("a.py", "open('/" + "home/me/x')\n")
        self.assert_finds("check_docs", "a.py:1:")


if __name__ == "__main__":
    unittest.main()
