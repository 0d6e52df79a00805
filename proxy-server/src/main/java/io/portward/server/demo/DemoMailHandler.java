package io.portward.server.demo;

import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import java.util.Locale;

/** Speaks just enough IMAP (RFC 9051) for a client to say hello and goodbye. Reads command lines, writes response lines. */
final class DemoMailHandler extends SimpleChannelInboundHandler<String> {

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
        ctx.writeAndFlush(
                "* OK [CAPABILITY IMAP4rev1] Portward demo mail server: no mailboxes here, say `a LOGOUT`\r\n");
    }

    @Override
    protected void channelRead0(ChannelHandlerContext ctx, String line) {
        String[] words = line.strip().split(" +", 3);
        String tag = words[0].isEmpty() ? "*" : words[0];
        String command = words.length > 1 ? words[1].toUpperCase(Locale.ROOT) : "";
        switch (command) {
            case "CAPABILITY" -> ctx.writeAndFlush("* CAPABILITY IMAP4rev1\r\n" + tag + " OK done\r\n");
            case "NOOP" -> ctx.writeAndFlush(tag + " OK done\r\n");
            case "LOGOUT" ->
                ctx.writeAndFlush("* BYE until next time\r\n" + tag + " OK done\r\n")
                        .addListener(ChannelFutureListener.CLOSE);
            case "LOGIN", "AUTHENTICATE" -> ctx.writeAndFlush(tag + " NO there are no accounts in the demo\r\n");
            default -> ctx.writeAndFlush(tag + " BAD the demo knows CAPABILITY, NOOP and LOGOUT\r\n");
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        ctx.close();
    }
}
