#!/usr/bin/env python3
"""Tests the arithmetic of floor.py and its table, which need no GPU and no torch."""

import contextlib
import io
import json
import os
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import floor
import table


class FloorTest(unittest.TestCase):
    # Milliseconds of an H200, 2026-11-23, by rows.
    PRODUCTS = {256: 1.7661, 1280: 6.0682, 2304: 10.5451, 4352: 20.0706, 8448: 35.538}

    def wave(self, prompt_tokens):
        return floor.wave(floor.Load(), prompt_tokens, self.PRODUCTS, output=0.2238, reading=0.9869)

    def test_operations_and_bytes_are_those_of_the_model(self):
        shape = floor.Shape()
        # 1.31 billion weights in the layers' products, two operations each.
        self.assertEqual(shape.operations(1), 2 * 28 * 1536 * (2048 + 1536 + 3 * 8960))
        self.assertEqual(shape.cache_bytes(1), 28_672)
        self.assertEqual(floor.Load().cached(), 256 * 576)

    def test_every_step_has_prompts_where_they_come_in_the_smallest_pieces(self):
        wave = self.wave(1024)
        self.assertAlmostEqual(wave["products_with_prompts_ms"], 128 * 6.0682)
        self.assertEqual(wave["products_without_ms"], 0)

    def test_a_wave_is_the_sum_of_its_parts(self):
        wave = self.wave(8192)
        self.assertAlmostEqual(wave["wave_ms"], 16 * 35.538 + 112 * 1.7661 + 128 * (0.2238 + 0.9869))
        self.assertAlmostEqual(wave["tokens_per_second"], 256 * 128 / wave["wave_ms"] * 1e3)
        self.assertAlmostEqual(wave["tokens_per_second"], 35_564, delta=1)

    def test_the_table_has_a_row_for_each_wave(self):
        with tempfile.NamedTemporaryFile("w", suffix=".txt") as report:
            for tokens in (1024, 8192):
                row = {"peer": "floor", "what": "wave", "prompt_tokens": tokens, **self.wave(tokens)}
                report.write(json.dumps(row) + "\n")
            report.flush()
            with contextlib.redirect_stdout(io.StringIO()) as shown:
                table.main([report.name])
        self.assertIn("| 1,024 | 777 / 0 | 29 | 126 | 932 | 35,170 |", shown.getvalue())
        self.assertIn("| 8,192 | 569 / 198 | 29 | 126 | 921 | 35,564 |", shown.getvalue())


if __name__ == "__main__":
    unittest.main()
