package platform.deepseek.inference.api.embeddings;

import java.util.List;
import platform.deepseek.inference.api.openai.RequestField;
import platform.deepseek.inference.api.openai.RequestField.Treatment;

/** The fields of a request for embeddings, each with what is done about it. */
public final class EmbeddingFields {

  public static final List<RequestField> EMBEDDINGS =
      List.of(
          honoured("model", "an id of `GET /v1/models`; another is a 404"),
          honoured(
              "input",
              "a string, token ids, or up to 2,048 of either; each within the context and not"
                  + " empty; all-minilm-l6-v2 takes text alone"),
          honoured("encoding_format", "float (default) or base64: little-endian float32"),
          honoured("dimensions", "the model's own number; others are refused"),
          new RequestField(
              "user",
              Treatment.IGNORED,
              "an identifier of the client's own, checked to be a string"));

  private EmbeddingFields() {}

  private static RequestField honoured(String name, String note) {
    return new RequestField(name, Treatment.HONOURED, note);
  }
}
