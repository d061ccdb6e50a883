/** Answers that are being computed, for those who follow. */
package platform.deepseek.cache.stream;
