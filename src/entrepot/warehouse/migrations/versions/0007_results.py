"""What each run of the rules came to, and who was told that a rule changed its state."""

from pathlib import Path

from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Create what `0007_results.sql` says."""
    op.get_bind().exec_driver_sql(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))


def downgrade() -> None:
    """Take it back: audits stay, checks of returns and what was told are forgotten."""
    op.execute("""
        create table entrepot.controle_audit (
            parution_id bigint not null references entrepot.parution,
            regle text not null,
            mart text not null,
            reussi boolean not null,
            observe text,
            message text not null,
            primary key (parution_id, regle, mart)
        );
        insert into entrepot.controle_audit
        select parution_id, regle, table_gardee, reussi, observe, message
        from entrepot.resultat inner join entrepot.passage using (passage_id)
        where parution_id is not null;
        drop table entrepot.avis_regle, entrepot.avis, entrepot.silence, entrepot.retour_controle, entrepot.resultat,
            entrepot.passage, entrepot.regle, entrepot.jeu_regles
    """)
