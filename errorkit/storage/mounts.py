"""Which file system holds a folder: SQLite's locks do not hold on a network."""

from pathlib import Path

# fmt: off
NETWORK = frozenset({
    "nfs", "nfs4", "cifs", "smb3", "smbfs", "ncpfs", "afs", "ceph", "glusterfs", "lustre",
    "gpfs", "beegfs", "ocfs2", "gfs2", "9p", "fuse.sshfs", "fuse.glusterfs", "fuse.ceph",
    "fuse.s3fs", "fuse.rclone", "davfs", "fuse.davfs2",
})
# fmt: on


def file_system_of(folder: Path, mounts: Path = Path("/proc/self/mountinfo")) -> str:
    """Return the type of the file system that holds the folder, empty where the system does not tell."""
    try:
        lines = mounts.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:
        return ""
    found, kind = Path(), ""
    for line in lines:
        before, _, after = line.partition(" - ")
        # Spaces in a path are written as octal escapes; see proc(5).
        point = Path(before.split(" ")[4].replace("\\040", " "))
        if folder.is_relative_to(point) and len(point.parts) >= len(found.parts):
            found, kind = point, after.split(" ")[0]
    return kind
