package platform.deepseek.operator.exam;

/** What came back for a question. */
sealed interface Answer {

  record Said(String text) implements Answer {}

  record Missing(String why) implements Answer {}
}
