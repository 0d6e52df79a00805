package io.portward.server.accesslog;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/** Texts of requests, which Netty reads as ISO 8859-1: one character for each byte. */
final class WireText {

    private static final int ASCII_END = 0x80;
    private static final int LATIN1_END = 0x100;

    private WireText() {}

    /** What was probably meant: the bytes as UTF-8 if they are that, else one character for each. */
    static String decoded(String text) {
        boolean ascii = true;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c >= LATIN1_END) {
                return text;
            }
            ascii &= c < ASCII_END;
        }
        if (ascii) {
            return text;
        }
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(text.getBytes(StandardCharsets.ISO_8859_1)))
                    .toString();
        } catch (CharacterCodingException notUtf8) {
            return text;
        }
    }
}
