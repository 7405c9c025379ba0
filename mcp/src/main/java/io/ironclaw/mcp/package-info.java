/** The MCP server and client: may use the sandbox API and the MCP SDK, never the command line. */
@NullMarked
package io.ironclaw.mcp;

import org.jspecify.annotations.NullMarked;
