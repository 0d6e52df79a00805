package io.portward.core.tls;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;

/** Fatal alerts that are sent in the clear, before BoringSSL has a say (RFC 8446 §6). */
enum Alert {
    DECODE_ERROR(50),
    PROTOCOL_VERSION(70),
    INTERNAL_ERROR(80),
    /** RFC 6066 §3. */
    UNRECOGNIZED_NAME(112),
    /** RFC 7301 §3.2. */
    NO_APPLICATION_PROTOCOL(120);

    private static final int CONTENT_ALERT = 21;
    private static final int LEVEL_FATAL = 2;

    private final int number;

    Alert(int number) {
        this.number = number;
    }

    /** A plaintext TLS record; the caller releases it. */
    ByteBuf record() {
        return Unpooled.directBuffer(7)
                .writeByte(CONTENT_ALERT)
                .writeShort(0x0303)
                .writeShort(2)
                .writeByte(LEVEL_FATAL)
                .writeByte(number);
    }
}
