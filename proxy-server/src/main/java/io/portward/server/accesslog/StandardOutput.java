package io.portward.server.accesslog;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;

/** The process's standard output, past {@code System.out}, which would hide errors. Threading: that of the log. */
final class StandardOutput implements LineSink {

    private final FileOutputStream out = new FileOutputStream(FileDescriptor.out);

    @Override
    public void write(byte[] lines) throws IOException {
        out.write(lines);
    }

    @Override
    public void tick() {
        // Nothing ever changes here.
    }

    /** Leaves it open: it is the process's. */
    @Override
    public void close() {
        // Nothing is buffered.
    }
}
