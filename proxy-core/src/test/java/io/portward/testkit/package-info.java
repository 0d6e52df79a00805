/**
 * What tests of every module share: conditions, certificates, scripted peers.
 *
 * <p>Published as the test jar of proxy-core. Knows nothing of the process (command line, metrics).
 */
@NullMarked
package io.portward.testkit;

import org.jspecify.annotations.NullMarked;
