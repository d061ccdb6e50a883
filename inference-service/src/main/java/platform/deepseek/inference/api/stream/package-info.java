/**
 * From token events to bytes on a connection. The engine's loop hands an event to a {@link
 * platform.deepseek.inference.api.stream.Mailbox} and goes on; everything else happens on the
 * connection's own event loop, without locks.
 */
package platform.deepseek.inference.api.stream;
