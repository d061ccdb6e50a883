package platform.deepseek.auth.credential;

/** A fresh key with its secret, which is in nobody else's hands and cannot be had again. */
public record IssuedKey(StoredKey stored, ApiKey key) {}
