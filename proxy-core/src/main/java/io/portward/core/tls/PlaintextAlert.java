package io.portward.core.tls;

import io.netty.buffer.ByteBuf;

/**
 * Finds an alert that a TLS 1.3 client sends unencrypted in answer to an encrypted flight. OpenSSL's do, when they refuse the certificate:
 * they have not switched their sending keys by then (openssl/openssl#27809). BoringSSL expects an encrypted record there and only says that
 * its length is bad.
 */
final class PlaintextAlert {

    static final int NONE = -1;

    private static final int CONTENT_CHANGE_CIPHER_SPEC = 20;
    private static final int CONTENT_ALERT = 21;

    /** The record that RFC 8446 §D.4 puts in front for middleboxes. */
    private static final int CHANGE_CIPHER_SPEC_BYTES = 6;

    private static final int ALERT_BYTES = 7;

    private PlaintextAlert() {}

    /** The number of the alert that {@code input} begins with, or {@link #NONE}; reads nothing. */
    static int find(ByteBuf input) {
        int at = input.readerIndex();
        if (input.isReadable() && input.getUnsignedByte(at) == CONTENT_CHANGE_CIPHER_SPEC) {
            at += CHANGE_CIPHER_SPEC_BYTES;
        }
        boolean alert = input.writerIndex() - at >= ALERT_BYTES
                && input.getUnsignedByte(at) == CONTENT_ALERT
                && input.getUnsignedShort(at + 3) == 2;
        return alert ? input.getUnsignedByte(at + ALERT_BYTES - 1) : NONE;
    }
}
