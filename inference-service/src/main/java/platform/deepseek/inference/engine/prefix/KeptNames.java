package platform.deepseek.inference.engine.prefix;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The blocks that the store is known to have, so that they are not given to it again. The latest
 * ones are remembered; one too few costs a transfer, and a store that forgot one says so when it is
 * next asked for it. Thread safe.
 */
final class KeptNames {

  private static final int MOST = 16_384;

  private final Map<BlockName, Boolean> names =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<BlockName, Boolean> eldest) {
          return size() > MOST;
        }
      };

  synchronized void add(BlockName name) {
    names.put(name, true);
  }

  synchronized void remove(BlockName name) {
    names.remove(name);
  }

  synchronized boolean contains(BlockName name) {
    return names.get(name) != null;
  }

  /** The store has the first ones of a list, and not the next one. */
  synchronized void learn(List<BlockName> asked, int there) {
    asked.subList(0, there).forEach(name -> names.put(name, true));
    asked.subList(there, asked.size()).forEach(names::remove);
  }
}
