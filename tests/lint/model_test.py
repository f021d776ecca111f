"""scripts/model: figures that can be reckoned by hand."""

import importlib.util
import json
import subprocess
import sys
import tempfile
import unittest
from importlib.machinery import SourceFileLoader
from pathlib import Path

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "model"
sys.dont_write_bytecode = True
loader = SourceFileLoader("model", str(SCRIPT))
model = importlib.util.module_from_spec(importlib.util.spec_from_loader("model", loader))
sys.modules["model"] = model
loader.exec_module(model)


def document(**cycles):
    return {"machine": {"tsc_hz": 2_000_000_000},
            "rows": [{"name": name, "cycles_per_packet": value} for name, value in cycles.items()]}


class ModelTest(unittest.TestCase):
    def test_g711_fills_ten_gigabits_with_5_25_million_packets(self):
        calls = model.Model([document()]).calls_at(10, {"relay": 1})
        self.assertAlmostEqual(calls * model.CALL_PACKETS / 1e6, 5.252, places=3)  # 214 + 24 bytes

    def test_a_core_relays_what_its_cycles_allow(self):
        made = model.Model([document(relay_200k=150)], driver_cycles=50, busy=0.8)
        self.assertAlmostEqual(made.packets_per_core(model.SERVICES["relay"]), 8e6)
        self.assertAlmostEqual(made.cores_at(10, {"relay": 1}), 5.252 / 8, places=3)

    def test_a_bridge_costs_the_mean_of_its_directions_and_its_frames_are_longer(self):
        made = model.Model([document(rtp_to_srtp_cm128=300, srtp_to_rtp_cm128=500)], driver_cycles=0)
        self.assertEqual(made.cycles(model.SERVICES["SRTP bridge"]), 400)
        self.assertAlmostEqual(made.calls_at(10, {"SRTP bridge": 1}) * 100, 10e9 / (8 * 243))

    def test_shares_of_a_mix_add_up(self):
        made = model.Model([document(relay_200k=100, rtp_to_srtp_cm128=900, srtp_to_rtp_cm128=900)],
                           driver_cycles=100, busy=1)
        mix = {"relay": 0.5, "SRTP bridge": 0.5}
        packets = made.calls_at(25, mix) * 100
        self.assertAlmostEqual(made.cores_at(25, mix), packets * (0.5 * 200 + 0.5 * 1000) / 2e9)
        for name, shares in model.MIXES.items():
            self.assertAlmostEqual(sum(shares.values()), 1, msg=name)

    def test_the_run_with_two_workers_corrects_it_downwards_only(self):
        two = document(relay_200k=100)
        two["rows"].append({"name": "relay_1k_w2", "w2_ratio": 1.8})
        self.assertAlmostEqual(model.Model([two]).efficiency, 0.9)
        two["rows"][-1]["w2_ratio"] = 2.1
        self.assertEqual(model.Model([two]).efficiency, 1)

    def test_the_last_file_counts_and_what_is_missing_is_said(self):
        with tempfile.TemporaryDirectory() as folder:
            files = [Path(folder) / "a.json", Path(folder) / "b.json"]
            files[0].write_text(json.dumps(document(relay_200k=999)))
            files[1].write_text(json.dumps(document(relay_200k=100)))
            done = subprocess.run([SCRIPT, "--driver-cycles", "100", "--busy", "1", *files], check=True,
                                  capture_output=True, text=True)
        self.assertIn("| relay | `relay_200k` | 200 | 10.00 | 100,000 |", done.stdout)
        self.assertIn("| SRTP bridge | `rtp_to_srtp_cm128` and `srtp_to_rtp_cm128` | not measured | | |",
                      done.stdout)
        self.assertIn("not measured: rtp_to_srtp_cm128, srtp_to_rtp_cm128", done.stdout)


if __name__ == "__main__":
    unittest.main()
