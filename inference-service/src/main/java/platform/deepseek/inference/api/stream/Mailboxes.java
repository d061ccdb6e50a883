package platform.deepseek.inference.api.stream;

import io.netty.util.concurrent.EventExecutor;
import io.vertx.core.Context;
import io.vertx.core.impl.ContextInternal;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** One mailbox per event loop. */
final class Mailboxes {

  private final Map<EventExecutor, Mailbox> mailboxes = new ConcurrentHashMap<>();

  Mailbox of(Context context) {
    return mailboxes.computeIfAbsent(((ContextInternal) context).nettyEventLoop(), Mailbox::new);
  }
}
