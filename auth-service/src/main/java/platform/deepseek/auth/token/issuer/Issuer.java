package platform.deepseek.auth.token.issuer;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import platform.deepseek.auth.credential.Role;

/**
 * An identity provider whose tokens are taken, and what they have to say. It speaks for one tenant.
 *
 * @param url exactly as the claim {@code iss} has it, character by character
 * @param tenant that its people belong to
 * @param terms what is asked of its tokens
 * @param introspection how it is asked about tokens; empty when it is not
 */
public record Issuer(
    String id,
    String url,
    String tenant,
    Terms terms,
    Optional<Introspection> introspection,
    Instant createdAt) {

  private static final int LONGEST_URL = 500;

  /** Whether a text can be the address of one: short, of visible ASCII. */
  public static boolean isUrl(String text) {
    return !text.isEmpty()
        && text.length() <= LONGEST_URL
        && text.chars().allMatch(c -> c > ' ' && c <= '~');
  }

  /** What its tokens begin with that are no JWT, where it has such. */
  Optional<String> opaquePrefix() {
    return introspection.flatMap(Introspection::opaquePrefix);
  }

  /**
   * What is asked of a token beyond a signature.
   *
   * @param audiences one of which has to be in {@code aud}
   * @param algorithms that its tokens are signed with
   * @param roleClaim JSON pointer (RFC 6901) to a text or an array of texts, such as
   *     /realm_access/roles
   * @param roles from what is found there to a role of ours; the first in the order admin,
   *     developer, auditor, guest counts
   * @param otherwise for whom nothing found is mapped; empty: nobody
   * @param requiredClaims from JSON pointers to the values that have to be there
   * @param secondFactorAcrs values of {@code acr} that count as a second factor
   */
  public record Terms(
      List<String> audiences,
      List<Algorithm> algorithms,
      String roleClaim,
      Map<String, Role> roles,
      Optional<Role> otherwise,
      Map<String, String> requiredClaims,
      Set<String> secondFactorAcrs) {

    public Terms {
      audiences = List.copyOf(audiences);
      algorithms = List.copyOf(algorithms);
      roles = Map.copyOf(roles);
      requiredClaims = Map.copyOf(requiredClaims);
      secondFactorAcrs = Set.copyOf(secondFactorAcrs);
    }
  }

  /**
   * RFC 7662, with HTTP Basic.
   *
   * @param client id that this service asks by
   * @param sealedSecret of that client, as package crypto seals it
   * @param opaquePrefix what tokens begin with that are no JWT and are asked about here, and only
   *     here; the empty prefix stands for all; none: no such tokens
   * @param everyToken whether JWTs are asked about too, so that a logout is seen at once
   */
  public record Introspection(
      String client, String sealedSecret, Optional<String> opaquePrefix, boolean everyToken) {}
}
