package platform.deepseek.inference.model;

import java.util.BitSet;
import java.util.Optional;

/**
 * Feed-forward parts of which each token uses a few (DeepSeekMoE, arXiv 2401.06066).
 *
 * @param experts to choose from
 * @param chosen of them for a token
 * @param intermediate width inside an expert
 * @param sharedIntermediate width inside the part that every token uses; 0 where there is none
 * @param sparseLayers layers that have experts; the others are dense
 * @param routing how experts are chosen
 */
public record MixtureOfExperts(
    int experts,
    int chosen,
    int intermediate,
    int sharedIntermediate,
    BitSet sparseLayers,
    Routing routing) {

  public MixtureOfExperts {
    sparseLayers = (BitSet) sparseLayers.clone();
  }

  /**
   * How a token's experts are chosen and weighed.
   *
   * @param scoring of the router's logits
   * @param correctionBias whether a bias is added to scores for the choice alone
   * @param groups into which experts are divided, in order; 1 where all compete at once
   * @param keptGroups groups whose experts may be chosen
   * @param normalised whether the chosen experts' weights are made to sum to 1
   * @param factor by which weights are multiplied in the end
   */
  public record Routing(
      Scoring scoring,
      boolean correctionBias,
      int groups,
      int keptGroups,
      boolean normalised,
      float factor) {}

  /** From logits to scores, and from an expert's to its group's. */
  public enum Scoring {
    /** Softmax over all experts; a group is as good as its best expert. */
    SOFTMAX,
    /** Sigmoid of each; a group is as good as its best two experts together. */
    SIGMOID
  }

  /** Whether a layer has experts. */
  public boolean in(int layer) {
    return sparseLayers.get(layer);
  }

  /** Why these numbers cannot go together, if they cannot. */
  Optional<String> contradiction() {
    if (experts % routing.groups() != 0 || routing.keptGroups() > routing.groups()) {
      return Optional.of(
          "%d experts cannot be divided into %d groups of which %d are kept"
              .formatted(experts, routing.groups(), routing.keptGroups()));
    }
    int candidates = experts / routing.groups() * routing.keptGroups();
    if (chosen > candidates) {
      return Optional.of("%d experts cannot be chosen among %d".formatted(chosen, candidates));
    }
    if (routing.scoring() == Scoring.SIGMOID && experts / routing.groups() < 2) {
      return Optional.of("groups of one expert have no best two");
    }
    return Optional.empty();
  }
}
