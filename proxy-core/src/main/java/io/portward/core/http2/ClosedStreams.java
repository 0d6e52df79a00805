package io.portward.core.http2;

/** The ids of the streams that were reset last: frames that were on their way to them are ignored (RFC 9113 §5.1), not answered. */
final class ClosedStreams {

    /** As many as can be open at once. A power of two. */
    private static final int SIZE = 128;

    private final int[] ids = new int[SIZE];
    private int next;

    void add(int id) {
        ids[next] = id;
        next = (next + 1) & (SIZE - 1);
    }

    boolean contains(int id) {
        for (int known : ids) {
            if (known == id) {
                return true;
            }
        }
        return false;
    }
}
