package io.portward.core.observe;

import io.portward.config.model.PortConfig;
import java.net.InetSocketAddress;

/**
 * Facts about an accepted connection that do not change.
 *
 * @param client who speaks to us
 * @param local the address the client dialled
 */
public record ConnectionInfo(PortConfig port, InetSocketAddress client, InetSocketAddress local) {}
