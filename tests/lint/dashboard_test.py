#!/usr/bin/python3
"""config/grafana/pollux.json: a dashboard by Grafana's JSON model, which asks for metrics that exist only."""

import json
import re
import subprocess
import tempfile
import unittest
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
METRIC = re.compile(r"pollux_[a-z0-9_]+")
ROW = re.compile(r"^\| `(pollux_\w+)` \| (\w+) \| [^|]+ \| ([^|]*) \|", re.MULTILINE)
HISTOGRAM_PARTS = ("_bucket", "_sum", "_count")
# Functions and words of PromQL that the expressions use; anything else in front of "(" is a mistake.
FUNCTIONS = {"sum", "max", "count", "rate", "increase", "histogram_quantile", "by"}
GRID_WIDTH = 24


def declared():
    """Metric name → labels, from the table that the unit tests compare with the program."""
    table = (REPOSITORY / "docs/metrics.md").read_text(encoding="utf-8")
    metrics = {}
    for name, kind, labels in ROW.findall(table):
        labels = set(re.findall(r"`(\w+)`", labels)) | {"instance", "job"}
        if kind == "histogram":
            metrics.update({name + part: labels | ({"le"} if part == "_bucket" else set())
                            for part in HISTOGRAM_PARTS})
        else:
            metrics[name] = labels
    return metrics


class Dashboard(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        text = (REPOSITORY / "config/grafana/pollux.json").read_text(encoding="utf-8")
        cls.dashboard = json.loads(text)
        cls.panels = cls.dashboard["panels"]
        cls.metrics = declared()

    def expressions(self):
        for panel in self.panels:
            for target in panel.get("targets", []):
                yield panel["title"], target["expr"]

    def test_has_what_grafana_needs_to_import_it(self):
        self.assertIsNone(self.dashboard["id"])  # Grafana gives it one
        self.assertGreaterEqual(self.dashboard["schemaVersion"], 36)  # data sources as {type, uid}
        for key, kind in (("title", str), ("uid", str), ("time", dict), ("templating", dict),
                          ("panels", list), ("annotations", dict), ("tags", list), ("version", int)):
            self.assertIsInstance(self.dashboard[key], kind, key)
        self.assertLessEqual(len(self.dashboard["uid"]), 40)

    def test_ids_are_unique(self):
        ids = [panel["id"] for panel in self.panels]
        self.assertEqual(len(ids), len(set(ids)))
        self.assertTrue(all(isinstance(number, int) and number > 0 for number in ids))

    def test_data_source_is_a_variable(self):
        variables = {variable["name"]: variable for variable in self.dashboard["templating"]["list"]}
        self.assertEqual(variables["datasource"]["type"], "datasource")
        self.assertEqual(variables["datasource"]["query"], "prometheus")
        for panel in self.panels:
            if panel["type"] == "row":
                continue
            for owner in (panel, *panel["targets"]):
                self.assertEqual(owner["datasource"], {"type": "prometheus", "uid": "${datasource}"})
        used = set(re.findall(r"\$\{?(\w+)", json.dumps(self.dashboard)))
        self.assertLessEqual(used - {"__rate_interval"}, set(variables))

    def test_panels_have_places_that_do_not_overlap(self):
        taken = {}
        for panel in self.panels:
            place = panel["gridPos"]
            self.assertLessEqual(place["x"] + place["w"], GRID_WIDTH, panel["title"])
            for cell in ((x, y) for x in range(place["x"], place["x"] + place["w"])
                         for y in range(place["y"], place["y"] + place["h"])):
                self.assertNotIn(cell, taken, f"{panel['title']} overlaps {taken.get(cell)}")
                taken[cell] = panel["title"]

    def test_queries_are_complete(self):
        for panel in self.panels:
            if panel["type"] == "row":
                continue
            self.assertTrue(panel["targets"], panel["title"])
            references = [target["refId"] for target in panel["targets"]]
            self.assertEqual(len(references), len(set(references)), panel["title"])

    def test_asks_for_metrics_and_labels_that_exist(self):
        self.assertGreater(len(self.metrics), 50)
        for title, expression in self.expressions():
            names = METRIC.findall(expression)
            self.assertTrue(names, title)
            for name in names:
                self.assertIn(name, self.metrics, title)
            allowed = set.intersection(*(self.metrics[name] for name in names))
            for label in re.findall(r"(\w+)=~?\"", expression):
                self.assertIn(label, set.union(*(self.metrics[name] for name in names)), title)
            for group in re.findall(r"by \(([^)]*)\)", expression):
                self.assertLessEqual({label.strip() for label in group.split(",")}, allowed, title)

    def test_expressions_are_well_formed(self):
        for title, expression in self.expressions():
            for opening, closing in ("()", "{}", "[]"):
                self.assertEqual(expression.count(opening), expression.count(closing), title)
            self.assertLessEqual(set(re.findall(r"(\w+) ?\(", expression)), FUNCTIONS, title)
            for counter in re.findall(r"pollux_\w+_total", expression):
                self.assertRegex(expression, rf"(rate|increase)\({counter}", title)

    def test_prometheus_understands_the_expressions(self):
        rules = [{"record": f"panel:{number}", "expr": expression.replace("$__rate_interval", "1m")}
                 for number, (_, expression) in enumerate(self.expressions())]
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:  # JSON is YAML
            json.dump({"groups": [{"name": "panels", "rules": rules}]}, file)
            file.flush()
            checked = subprocess.run(["promtool", "check", "rules", file.name], check=False,
                                     capture_output=True, text=True)
        self.assertEqual(checked.returncode, 0, checked.stdout + checked.stderr)

    def test_shows_what_an_operator_asks_for(self):
        shown = {name for _, expression in self.expressions() for name in METRIC.findall(expression)}
        for name in ("pollux_worker_load_ratio", "pollux_stage_packets_total", "pollux_drops_total",
                     "pollux_sessions_active", "pollux_call_mos_bucket", "pollux_network_ports_used",
                     "pollux_one_way_audio_suspected_total", "pollux_api_request_duration_seconds_bucket"):
            self.assertIn(name, shown)


if __name__ == "__main__":
    unittest.main()
