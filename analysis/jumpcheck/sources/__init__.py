"""Where results come from: git repositories, archives, folders and files; what is fetched is verified."""
