package io.portward.config.validate;

/**
 * A place in a file.
 *
 * @param line counted from 1; 0 when the problem is the file itself
 * @param column counted from 1 in code points
 */
public record Position(int line, int column) {

    /** For problems that no line causes, such as a missing file. */
    public static final Position WHOLE_FILE = new Position(0, 0);
}
