package io.portward.core.tls;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.internal.tcnative.SSL;
import io.portward.core.observe.TlsInfo;
import org.jspecify.annotations.Nullable;

/**
 * One server-side TLS connection in BoringSSL's memory: bytes in, bytes out, no channel.
 *
 * <p>Input is lent with {@link #offerInput} and read straight from the buffer's memory; output is written straight into the buffer given
 * to {@link #beginOutput} or {@link #encrypt}. What BoringSSL wants to send at another moment waits in a small native buffer,
 * {@link #hasPendingOutput}.
 *
 * <p>Threading: one thread at a time, the channel's event loop. Ownership: {@link #free} must be called exactly once.
 */
final class TlsSession {

    /** What a call came to. */
    enum Outcome {
        DONE,
        WANT_INPUT,
        WANT_OUTPUT,
        /** The peer sent close_notify (RFC 8446 §6.1). */
        CLOSED,
        FAILED
    }

    /**
     * Holds alerts and KeyUpdate answers (under 100 bytes each) that come up while reading. Handshake flights are larger and are continued
     * with {@link #beginOutput}; making room for them here would cost every idle connection that memory.
     */
    private static final int SIDE_BUFFER_BYTES = 512;

    /** RFC 8446 §5.1: plaintext of one record. */
    static final int MAX_PLAINTEXT = 16_384;

    private final TlsContext context;
    /** Both zero when freed: tcnative then throws where it would otherwise follow a dangling pointer. */
    private long bio;

    private long ssl;
    private int offered;

    TlsSession(TlsContext context) {
        context.retain();
        this.context = context;
        this.ssl = SSL.newSSL(context.pointer(), true);
        this.bio = SSL.bioNewByteBuffer(ssl, SIDE_BUFFER_BYTES);
    }

    /** The handshake fails rather than show another certificate when the client can use none of those given. */
    void present(Credential credential) {
        // Throws when a reload or the shutdown has freed it meanwhile.
        credential.retain();
        try {
            SSL.addCredential(ssl, credential.pointer());
        } catch (Exception e) {
            throw new IllegalStateException("BoringSSL refused a credential it had parsed", e);
        } finally {
            credential.release();
        }
    }

    /** {@code buffer} itself, or a copy in direct memory, which is all that BoringSSL can read; takes ownership. */
    static ByteBuf addressable(ByteBufAllocator allocator, ByteBuf buffer) {
        if (buffer.hasMemoryAddress()) {
            return buffer;
        }
        try {
            return allocator.directBuffer(buffer.readableBytes()).writeBytes(buffer);
        } finally {
            buffer.release();
        }
    }

    /** Lends the readable bytes of {@code input} (direct memory) until {@link #reclaimInput}. */
    void offerInput(ByteBuf input) {
        offered = input.readableBytes();
        SSL.bioSetByteBuffer(bio, input.memoryAddress() + input.readerIndex(), offered, false);
    }

    /** Bytes of the lent buffer that BoringSSL has not taken yet. */
    int remainingInput() {
        return SSL.bioLengthByteBuffer(bio);
    }

    /** Ends the loan and moves {@code input}'s reader index past what was taken. */
    void reclaimInput(ByteBuf input) {
        input.skipBytes(offered - SSL.bioLengthByteBuffer(bio));
        offered = 0;
        SSL.bioClearByteBuffer(bio);
    }

    Outcome handshake() {
        int result = SSL.doHandshake(ssl);
        return result > 0 ? Outcome.DONE : outcome(result);
    }

    boolean hasPendingOutput() {
        return SSL.bioLengthNonApplication(bio) > 0;
    }

    /** Makes {@code output}'s writable memory the place for everything BoringSSL writes until {@link #endOutput}. */
    void beginOutput(ByteBuf output) {
        SSL.bioSetByteBuffer(bio, output.memoryAddress() + output.writerIndex(), output.writableBytes(), true);
        SSL.bioFlushByteBuffer(bio);
    }

    void endOutput(ByteBuf output) {
        output.writerIndex(output.capacity() - SSL.bioLengthByteBuffer(bio));
        SSL.bioClearByteBuffer(bio);
    }

    /**
     * Appends decrypted bytes to {@code plaintext}, at most one record's and at most its writable space.
     *
     * @return {@code DONE} when at least one byte was appended
     */
    Outcome decrypt(ByteBuf plaintext) {
        int read = SSL.readFromSSL(ssl, plaintext.memoryAddress() + plaintext.writerIndex(), plaintext.writableBytes());
        if (read > 0) {
            plaintext.writerIndex(plaintext.writerIndex() + read);
            return Outcome.DONE;
        }
        return outcome(read);
    }

    /**
     * Seals all of {@code plaintext} (direct, at most {@link #MAX_PLAINTEXT}) as one record into the buffer of {@link #beginOutput}.
     *
     * @return {@code WANT_OUTPUT} when that buffer is full: call again with more room and the same plaintext
     */
    Outcome encrypt(ByteBuf plaintext) {
        int length = plaintext.readableBytes();
        int written = SSL.writeToSSL(ssl, plaintext.memoryAddress() + plaintext.readerIndex(), length);
        if (written > 0) {
            assert written == length;
            plaintext.skipBytes(written);
            return Outcome.DONE;
        }
        return outcome(written);
    }

    /**
     * Writes what BoringSSL holds back for the next record, the session tickets, without a record.
     *
     * @return {@code WANT_OUTPUT} when the buffer of {@link #beginOutput} is full: call again with more room
     */
    Outcome sendTickets() {
        // Any address that is not null will do for no bytes.
        int result = SSL.writeToSSL(ssl, bio, 0);
        return result >= 0 ? Outcome.DONE : outcome(result);
    }

    /** Queues close_notify; sends nothing by itself. */
    void shutdownOutput() {
        if (SSL.shutdownSSL(ssl) < 0) {
            SSL.clearError();
        }
    }

    private Outcome outcome(int result) {
        int error = SSL.getError(ssl, result);
        if (error == SSL.SSL_ERROR_WANT_READ) {
            return Outcome.WANT_INPUT;
        }
        if (error == SSL.SSL_ERROR_WANT_WRITE) {
            return Outcome.WANT_OUTPUT;
        }
        return error == SSL.SSL_ERROR_ZERO_RETURN ? Outcome.CLOSED : Outcome.FAILED;
    }

    /** What BoringSSL says of the last {@code FAILED}, as {@code error:…:REASON}; clears the thread's error queue. */
    String takeError() {
        int code = SSL.getLastErrorNumber();
        String text = code == 0 ? "" : SSL.getErrorString(code & 0xffff_ffffL);
        SSL.clearError();
        return text;
    }

    /** After the handshake. */
    TlsInfo info(@Nullable String serverName) {
        String alpn = SSL.getAlpnSelected(ssl);
        return new TlsInfo(
                SSL.getVersion(ssl),
                CipherNames.iana(SSL.getCipherForSSL(ssl)),
                group(),
                SSL.isSessionReused(ssl),
                alpn == null ? TlsInfo.NONE : alpn,
                serverName);
    }

    private String group() {
        try {
            String name = SSL.getGroupName(ssl);
            return name == null || name.isEmpty() ? TlsInfo.NONE : name;
        } catch (Exception e) {
            throw new IllegalStateException("BoringSSL could not name the key exchange group", e);
        }
    }

    boolean isFreed() {
        return ssl == 0;
    }

    void free() {
        if (ssl != 0) {
            // Frees the BIO too.
            SSL.freeSSL(ssl);
            ssl = 0;
            bio = 0;
            context.release();
        }
    }
}
