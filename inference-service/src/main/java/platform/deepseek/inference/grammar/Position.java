package platform.deepseek.inference.grammar;

import platform.deepseek.inference.grammar.Node.Terminal;

/**
 * One way to read the text so far: inside of a terminal, with a stack of places to return to.
 *
 * @param least turns of a repetition that must still end, the begun one included
 * @param most turns that may still end, the begun one included, or UNBOUNDED; never 0
 * @param below null where the text ends with the terminal and what is behind it
 */
record Position(Terminal terminal, int state, int least, int most, Frame below) {}
