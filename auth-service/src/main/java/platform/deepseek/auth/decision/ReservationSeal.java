package platform.deepseek.auth.decision;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import java.util.Optional;
import platform.deepseek.auth.credential.Pepper;
import platform.deepseek.auth.usage.Account;
import platform.deepseek.auth.usage.Price;

/** Reservations as text that fits in a path and that nobody else can make: content, dot, code. */
final class ReservationSeal {

  private static final String PURPOSE = "deepseek-reservation/v2";
  private static final int FIELDS = 9;
  private static final int CODE_BYTES = 16;
  private static final int LONGEST = 2_048;

  private final Pepper pepper;

  ReservationSeal(Pepper pepper) {
    this.pepper = pepper;
  }

  String seal(Reservation reservation) {
    Price price = reservation.price();
    String content =
        String.join(
            "\n",
            reservation.id(),
            Long.toString(reservation.made().getEpochSecond()),
            reservation.account().tenant(),
            reservation.account().user(),
            reservation.account().key(),
            reservation.model(),
            Long.toString(price.prompt()),
            Long.toString(price.cached()),
            Long.toString(price.completion()));
    Base64.Encoder base64 = Base64.getUrlEncoder().withoutPadding();
    return base64.encodeToString(content.getBytes(StandardCharsets.UTF_8))
        + "."
        + base64.encodeToString(code(content));
  }

  /** The reservation, or nothing when the text is not one of ours. */
  Optional<Reservation> open(String text) {
    int dot = text.indexOf('.');
    if (dot < 0 || text.length() > LONGEST) {
      return Optional.empty();
    }
    try {
      Base64.Decoder base64 = Base64.getUrlDecoder();
      String content = new String(base64.decode(text.substring(0, dot)), StandardCharsets.UTF_8);
      byte[] code = base64.decode(text.substring(dot + 1));
      // There is one text for each: base 64 leaves bits at its end that could be anything.
      return Pepper.equal(code, code(content))
          ? read(content).filter(read -> seal(read).equals(text))
          : Optional.empty();
    } catch (IllegalArgumentException e) { // not base 64
      return Optional.empty();
    }
  }

  private static Optional<Reservation> read(String content) {
    String[] fields = content.split("\n", -1);
    return fields.length != FIELDS
        ? Optional.empty()
        : Optional.of(
            new Reservation(
                fields[0],
                Instant.ofEpochSecond(Long.parseLong(fields[1])),
                new Account(fields[2], fields[3], fields[4]),
                fields[5],
                new Price(
                    Long.parseLong(fields[6]),
                    Long.parseLong(fields[7]),
                    Long.parseLong(fields[8]))));
  }

  private byte[] code(String content) {
    return Arrays.copyOf(pepper.mac(PURPOSE, content), CODE_BYTES);
  }
}
