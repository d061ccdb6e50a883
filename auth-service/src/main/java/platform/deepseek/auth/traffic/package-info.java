/** Who sends how much, whether it is let in or not: sources that go beyond what is usual. */
package platform.deepseek.auth.traffic;
