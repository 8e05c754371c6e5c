"""Has tlparse read traces and keeps what it lists of compilations: the truth that the tests of `lathe trace` compare with.

usage: python Tools/trace_facts.py --tlparse tlparse TRACE... -o Tests/Fixtures/traces

For each trace NAME.log one NAME.json is written: every attempt that tlparse lists, with its artifacts by name; restarts and
failures as its page of them has them; the texts of recompile reasons and graph breaks. Needs tlparse (pip install tlparse).
"""

import argparse
import html
import json
import os
import re
import subprocess
import tempfile


def restarts_and_failures(page):
    """The rows of tlparse's page: id, type, description."""
    rows = []
    for row in re.findall(r"<tr>(.*?)</tr>", page, re.DOTALL):
        cells = [html.unescape(re.sub(r"<[^>]*>", "", cell)).strip() for cell in re.findall(r"<td>(.*?)</td>", row, re.DOTALL)]
        if len(cells) >= 3:
            rows.append({"id": cells[0].strip("[]"), "type": cells[1], "reason": cells[2]})
    return rows


def facts(tlparse, trace):
    with tempfile.TemporaryDirectory() as folder:
        out = os.path.join(folder, "out")
        done = subprocess.run([tlparse, "--no-browser", "-o", out, trace], stderr=subprocess.PIPE, text=True, check=True)
        stats = re.search(r"Stats \{ (.*) \}", done.stderr).group(1)
        with open(os.path.join(out, "compile_directory.json")) as file:
            directory = json.load(file)
        with open(os.path.join(out, "failures_and_restarts.html")) as file:
            problems = restarts_and_failures(file.read())
        attempts = []
        for identifier, entry in directory.items():
            texts = {}
            names = []
            for artifact in entry["artifacts"]:
                name = re.sub(rf"_{artifact['number']}(\.\w+)$", "", artifact["name"])
                names.append(name)
                if name in ("recompile_reasons", "dynamo_graph_break_reason"):
                    with open(os.path.join(out, artifact["url"])) as file:
                        texts.setdefault(name, []).append(file.read())
            attempts.append({"id": identifier.strip("[]"), "artifacts": names, "texts": texts})
    return {"stats": stats, "attempts": attempts, "restarts_and_failures": problems}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tlparse", default="tlparse")
    parser.add_argument("-o", dest="folder", required=True)
    parser.add_argument("traces", nargs="+")
    options = parser.parse_args()
    os.makedirs(options.folder, exist_ok=True)
    for trace in options.traces:
        name = os.path.splitext(os.path.basename(trace))[0] + ".json"
        with open(os.path.join(options.folder, name), "w") as file:
            json.dump(facts(options.tlparse, trace), file, indent=1)
            file.write("\n")


if __name__ == "__main__":
    main()
