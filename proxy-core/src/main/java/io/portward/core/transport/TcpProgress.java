package io.portward.core.transport;

import io.netty.channel.Channel;
import io.netty.channel.ChannelException;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.unix.RawUnixChannelOption;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * What the kernel knows of the bytes we have sent. A socket's buffer takes in pieces of 64 KiB and more, so that writing to it shows nothing of a
 * slow peer for minutes. Threading: the channel's event loop.
 */
public final class TcpProgress {

    /** What {@link #acknowledged} returns where it cannot tell. */
    public static final long UNKNOWN = -1;

    // linux/tcp.h: struct tcp_info, eight bytes, 24 words, two pacing rates, tcpi_bytes_acked
    private static final int IPPROTO_TCP = 6;
    private static final int TCP_INFO = 11;
    private static final int BYTES_ACKED = 8 + 24 * 4 + 2 * 8;
    private static final RawUnixChannelOption INFO =
            new RawUnixChannelOption("TCP_INFO", IPPROTO_TCP, TCP_INFO, BYTES_ACKED + Long.BYTES);

    private TcpProgress() {}

    /** How many bytes the peer has acknowledged since the connection began; {@link #UNKNOWN} without epoll or when it is closed. */
    public static long acknowledged(Channel channel) {
        if (!(channel instanceof EpollSocketChannel)) {
            return UNKNOWN;
        }
        try {
            ByteBuffer info = channel.config().getOption(INFO);
            return info == null ? UNKNOWN : info.order(ByteOrder.nativeOrder()).getLong(BYTES_ACKED);
        } catch (ChannelException closed) {
            return UNKNOWN;
        }
    }
}
