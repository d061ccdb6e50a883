/** Marks in what auditors are shown, which tell who was shown it. */
package platform.deepseek.auth.watermark;
