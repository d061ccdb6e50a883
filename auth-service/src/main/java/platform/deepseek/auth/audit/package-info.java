/**
 * What happened, in a book that shows every change made to it: chains of hashes, signed every
 * minute.
 */
package platform.deepseek.auth.audit;
