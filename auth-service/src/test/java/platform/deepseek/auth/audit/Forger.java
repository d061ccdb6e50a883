package platform.deepseek.auth.audit;

import java.util.List;

/** Somebody who knows how the book is written, and has the database. */
final class Forger {

  private Forger() {}

  /** Changes an entry, and computes every hash of its partition from there on. */
  static void rewrite(Book book, long from, String old, String fresh) {
    List<StoredEntry> entries = book.entries();
    byte[] previous = null;
    for (StoredEntry entry : entries) {
      long number = entry.columns().sequence();
      if (number >= from) {
        String content = number == from ? entry.content().replace(old, fresh) : entry.content();
        Entry parsed = Entry.parse(content);
        StoredEntry forged = StoredEntry.of(parsed, previous);
        book.tamper(
            "UPDATE audit_entry SET content = ?, hash = ?, source = ? WHERE sequence = ?",
            forged.content(),
            forged.hash(),
            forged.columns().source(),
            number);
        previous = forged.hash();
      } else {
        previous = entry.hash();
      }
    }
  }

  /** Another entry for the same place, chained as well as the first. */
  static StoredEntry twin(StoredEntry entry, byte[] previous) {
    return StoredEntry.of(
        Entry.parse(entry.content().replace("\"succeeded\"", "\"denied\"")), previous);
  }
}
