package platform.deepseek.auth.identity;

import java.time.Instant;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** Remembers what it was told of. */
public final class SetbacksSeen implements Setbacks {

  public final List<Rewind> rewinds = new CopyOnWriteArrayList<>();
  public final List<String> unrevoked = new CopyOnWriteArrayList<>();

  @Override
  public void rewound(Rewind rewind) {
    rewinds.add(rewind);
  }

  @Override
  public void unrevoked(String id, Instant revokedAt) {
    unrevoked.add(id);
  }
}
