// What one block of attention of single tokens does: some tiles of 16 positions of one row.
#pragma once

struct __align__(16) DecodeWork {
  int row;        // negative: nothing to do
  int slot;
  int position;   // of the row's token, the last it attends to
  int firstTile;
  int endTile;
  int parts;      // of the row
  int firstItem;  // of the row's parts, which follow one another
  int unused;
};
