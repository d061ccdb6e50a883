package platform.deepseek.auth.usage;

/** Whose usage is summed up. */
public sealed interface Holder {

  record Everybody() implements Holder {}

  record Tenant(String id) implements Holder {}

  record User(String id) implements Holder {}

  /**
   * @param lineage of the key
   */
  record Key(String lineage) implements Holder {}
}
