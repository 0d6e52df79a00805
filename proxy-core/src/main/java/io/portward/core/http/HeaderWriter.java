package io.portward.core.http;

import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.util.AsciiString;
import java.nio.ByteBuffer;
import java.util.Iterator;
import java.util.Map;

/**
 * Writes the header section of an HTTP/1 message: the room is made and checked once for all fields, where Netty's encoder does so four times for
 * each of them.
 */
public final class HeaderWriter {

    /** {@code ": "} and CR LF. */
    private static final int SEPARATORS = 4;

    private HeaderWriter() {}

    /** Appends the fields to {@code out}, without the empty line behind them; characters beyond ISO 8859-1 become question marks. */
    public static void write(HttpHeaders headers, ByteBuf out) {
        int size = size(headers);
        out.ensureWritable(size);
        int begin = out.writerIndex();
        ByteBuffer to = out.internalNioBuffer(begin, size);
        Iterator<Map.Entry<CharSequence, CharSequence>> fields = headers.iteratorCharSequence();
        while (fields.hasNext()) {
            Map.Entry<CharSequence, CharSequence> field = fields.next();
            put(field.getKey(), to);
            to.put((byte) ':').put((byte) ' ');
            put(field.getValue(), to);
            to.put((byte) '\r').put((byte) '\n');
        }
        out.writerIndex(begin + size);
    }

    private static int size(HttpHeaders headers) {
        int size = 0;
        Iterator<Map.Entry<CharSequence, CharSequence>> fields = headers.iteratorCharSequence();
        while (fields.hasNext()) {
            Map.Entry<CharSequence, CharSequence> field = fields.next();
            size += field.getKey().length() + field.getValue().length() + SEPARATORS;
        }
        return size;
    }

    private static void put(CharSequence text, ByteBuffer to) {
        if (text instanceof AsciiString bytes) {
            to.put(bytes.array(), bytes.arrayOffset(), bytes.length());
        } else {
            for (int i = 0; i < text.length(); i++) {
                to.put(AsciiString.c2b(text.charAt(i)));
            }
        }
    }
}
