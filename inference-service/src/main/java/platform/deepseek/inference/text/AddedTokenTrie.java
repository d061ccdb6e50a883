package platform.deepseek.inference.text;

import java.util.Collection;
import java.util.HashMap;
import java.util.Map;

/** Added tokens by their characters, to find them in a text. Immutable once built. */
final class AddedTokenTrie {

  private static final class Node {
    private final Map<Character, Node> next = new HashMap<>();
    private AddedToken token;
  }

  private final Node root = new Node();

  AddedTokenTrie(Collection<AddedToken> tokens) {
    for (var token : tokens) {
      var node = root;
      for (int i = 0; i < token.content().length(); i++) {
        node = node.next.computeIfAbsent(token.content().charAt(i), c -> new Node());
      }
      if (node != root) {
        node.token = token;
      }
    }
  }

  boolean isEmpty() {
    return root.next.isEmpty();
  }

  /** What is done with each token that begins at a place; the shortest comes first. */
  interface Visitor {
    void found(AddedToken token);
  }

  void visit(String text, int from, Visitor visitor) {
    var node = root;
    for (int i = from; i < text.length(); i++) {
      node = node.next.get(text.charAt(i));
      if (node == null) {
        return;
      }
      if (node.token != null) {
        visitor.found(node.token);
      }
    }
  }

  /** Whether the text from here to its end is the beginning, but not the whole, of a token. */
  boolean endsInsideToken(String text, int from) {
    var node = root;
    for (int i = from; i < text.length(); i++) {
      node = node.next.get(text.charAt(i));
      if (node == null) {
        return false;
      }
    }
    return node != root && !node.next.isEmpty();
  }
}
