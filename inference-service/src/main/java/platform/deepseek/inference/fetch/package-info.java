/**
 * The command {@code fetch}: a model's files from where they are published into a folder, resumed
 * where an earlier try ended and proven by their digests. What it prints and how it ends is the
 * contract of docs/operator.md, "Download".
 */
package platform.deepseek.inference.fetch;
