package io.portward.server.accesslog;

import java.io.IOException;

/** Where lines go. Threading: one thread, that of the log, which may block here. */
interface LineSink extends AutoCloseable {

    /**
     * Writes whole lines.
     *
     * @throws IOException when none of them, or not all, could be written
     */
    void write(byte[] lines) throws IOException;

    /**
     * Called about once a second, with or without lines.
     *
     * @throws IOException when the output is not where it should be; writing to it goes on
     */
    void tick() throws IOException;

    @Override
    void close() throws IOException;
}
