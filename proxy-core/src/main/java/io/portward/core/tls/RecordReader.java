package io.portward.core.tls;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.portward.core.tls.TlsSession.Outcome;
import java.util.function.BooleanSupplier;

/**
 * The incoming half of a TLS connection after its handshake: opens records and fires the plaintext.
 *
 * <p>Threading: the channel's event loop. Ownership: borrows the session and each input.
 */
final class RecordReader {

    /** Less input than this is a record's rest or an alert; buffers of this size come from the allocator's cache. */
    private static final int SMALLEST_READ = 1024;

    private final ChannelHandlerContext ctx;
    private final TlsSession session;
    private boolean hasRead;

    RecordReader(ChannelHandlerContext ctx, TlsSession session) {
        this.ctx = ctx;
        this.session = session;
    }

    /** Whether any plaintext has come. */
    boolean hasRead() {
        return hasRead;
    }

    /**
     * Opens records until the input is used up. Whoever gets the plaintext may write, close the channel or remove the handler before it
     * returns, so nothing is lent to BoringSSL while it runs.
     *
     * @param wanted whether plaintext is still wanted; asked after each piece
     * @return how it ended; what the receivers of the plaintext did to the session has to be asked for
     */
    Outcome read(ByteBuf input, BooleanSupplier wanted) {
        Outcome outcome;
        boolean full;
        do {
            ByteBuf opened = ctx.alloc().directBuffer(Math.max(input.readableBytes(), SMALLEST_READ));
            outcome = open(input, opened);
            if (outcome == Outcome.FAILED) {
                session.takeError();
            }
            full = !opened.isWritable();
            if (opened.isReadable()) {
                hasRead = true;
                ctx.fireChannelRead(opened);
            } else {
                opened.release();
            }
        } while (full && wanted.getAsBoolean());
        return outcome;
    }

    /** @return {@code DONE} when {@code opened} is full and there may be more to come */
    private Outcome open(ByteBuf input, ByteBuf opened) {
        session.offerInput(input);
        try {
            while (true) {
                Outcome outcome = session.decrypt(opened);
                if (outcome != Outcome.DONE || !opened.isWritable()) {
                    return outcome;
                }
                if (session.remainingInput() == 0) {
                    // A partly filled buffer means the record is used up, so with no input left there is nothing to ask
                    // for.
                    return Outcome.WANT_INPUT;
                }
            }
        } finally {
            session.reclaimInput(input);
        }
    }
}
