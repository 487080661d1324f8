create schema if not exists entrepot;
create schema if not exists brut;
create schema if not exists marts;

create table entrepot.recepisse (
    recepisse_id bigint generated always as identity primary key,
    empreinte char(64) not null unique,
    taille bigint not null check (taille >= 0),
    nom_fichier text not null,
    canal text not null check (canal in ('depot', 'commande')),
    expediteur text,
    recu_le timestamptz not null,
    enregistre_le timestamptz not null default clock_timestamp(),
    genre text not null default 'inconnu' check (genre in ('retour', 'liste_pactes', 'inconnu')),
    format text check (format in ('xlsx', 'xls', 'ods', 'csv')),
    territoire_id text,
    trimestre text check (trimestre ~ '^20[0-9]{2}-T[1-4]$'),
    millesime text,
    verdict text not null default 'recu' check (verdict in ('recu', 'accepte', 'rejete')),
    verdict_le timestamptz,
    motif text,
    check ((verdict = 'recu') = (verdict_le is null)),
    check (verdict <> 'rejete' or motif is not null),
    check (
        verdict <> 'accepte' or genre = 'liste_pactes'
        or (genre = 'retour' and territoire_id is not null and trimestre is not null and millesime is not null)
    )
);
create index on entrepot.recepisse (territoire_id, trimestre, recu_le, recepisse_id) where verdict = 'accepte';
comment on table entrepot.recepisse is
'Un récépissé : des octets reçus une fois, conservés sous leur empreinte, et le verdict rendu. Rien n''y est jamais effacé.';
comment on column entrepot.recepisse.empreinte is 'SHA-256 des octets reçus ; c''est aussi leur nom dans le magasin d''octets.';
comment on column entrepot.recepisse.recu_le is 'Arrivée : c''est elle qui dit ce qui était connu à une date.';
comment on column entrepot.recepisse.enregistre_le is 'Enregistrement dans l''entrepôt (diffère de l''arrivée lors d''une reprise d''historique).';
comment on column entrepot.recepisse.motif is 'Phrase du verdict, en français.';

create table entrepot.presentation (
    presentation_id bigint generated always as identity primary key,
    recepisse_id bigint not null references entrepot.recepisse,
    nom_fichier text not null,
    canal text not null,
    expediteur text,
    presente_le timestamptz not null
);
create index on entrepot.presentation (recepisse_id);
comment on table entrepot.presentation is
'Chaque arrivée d''octets, y compris les renvois d''un fichier déjà reçu (même récépissé).';

create table entrepot.traitement (
    recepisse_id bigint not null references entrepot.recepisse,
    etape text not null check (etape in ('preparation', 'controle', 'publication')),
    fait_le timestamptz not null default clock_timestamp(),
    parution_id bigint,
    primary key (recepisse_id, etape)
);
comment on table entrepot.traitement is
'Étapes franchies par un récépissé accepté : préparé par dbt, contrôlé par Great Expectations, paru dans une première parution.';

create table brut.feuille (
    recepisse_id bigint not null references entrepot.recepisse,
    feuille smallint not null,
    nom text not null,
    masquee boolean not null,
    primary key (recepisse_id, feuille)
);
comment on table brut.feuille is 'Feuilles d''un classeur, dans leur ordre (à partir de 1).';

create table brut.tableau (
    recepisse_id bigint not null,
    tableau text not null,
    feuille smallint not null,
    ligne_entete integer,
    colonnes jsonb not null,
    primary key (recepisse_id, tableau),
    foreign key (recepisse_id, feuille) references brut.feuille
);
comment on table brut.tableau is 'Tableaux du gabarit reconnus dans un classeur : où est l''en-tête, et la colonne de chaque champ.';
comment on column brut.tableau.colonnes is 'Champ du gabarit vers numéro de colonne de la feuille (à partir de 1).';

create table brut.ligne (
    recepisse_id bigint not null,
    feuille smallint not null,
    ligne integer not null,
    tableau text,
    nature text not null check (nature in ('hors_tableau', 'entete', 'donnee', 'total')),
    repere text,
    cellules text[] not null,
    marques jsonb,
    primary key (recepisse_id, feuille, ligne)
);
comment on table brut.ligne is 'Chaque ligne non vide de chaque feuille, cellule par cellule, en texte, à ses coordonnées.';
comment on column brut.ligne.repere is 'Champ (fiche) ou modalité (tableau croisé) que la ligne renseigne.';
comment on column brut.ligne.cellules is 'Textes des cellules, de la colonne 1 à la dernière remplie ; null si vide.';
comment on column brut.ligne.marques is 'Particularités d''une cellule par numéro de colonne : erreur, formule sans valeur, fusion.';

create table entrepot.champ_gabarit (
    millesime text not null,
    tableau text not null,
    champ text not null,
    rang smallint not null,
    feuille text not null,
    genre text not null check (genre in ('fiche', 'liste', 'croise')),
    libelle text not null,
    type text not null,
    liste text,
    requis boolean not null,
    nature text,
    indicateur text,
    sexe text,
    attributs jsonb not null default '{}',
    primary key (millesime, tableau, champ)
);
comment on table entrepot.champ_gabarit is 'Champs de chaque millésime du gabarit, tels que déclarés dans les cartes du projet.';

create table entrepot.constat (
    constat_id bigint generated always as identity primary key,
    recepisse_id bigint not null references entrepot.recepisse,
    regle text not null,
    severite text not null check (severite in ('structure', 'valeur', 'suspicion')),
    tableau text,
    champ text,
    feuille text,
    ligne integer,
    colonne integer,
    valeur text,
    attendu text,
    message text not null,
    qui_corrige text not null,
    constate_le timestamptz not null default clock_timestamp()
);
create unique index on entrepot.constat
(recepisse_id, regle, coalesce(tableau, ''), coalesce(feuille, ''), coalesce(ligne, 0), coalesce(colonne, 0), coalesce(champ, ''), coalesce(valeur, ''));
comment on table entrepot.constat is
'Constats cellule par cellule : structure (rejette le retour), valeur (rejette la cellule), suspicion (pose une question).';

create table entrepot.parution (
    parution_id bigint generated always as identity primary key,
    statut text not null check (statut in ('en_cours', 'publiee', 'refusee', 'echouee')),
    commencee_le timestamptz not null default clock_timestamp(),
    achevee_le timestamptz,
    arretee_le timestamptz,
    version_code text not null,
    methode text not null,
    recepisses integer,
    recepisses_empreinte text,
    donnees_fictives boolean,
    motif text,
    check (statut not in ('refusee', 'echouee') or motif is not null)
);
comment on table entrepot.parution is
'Parutions : arrêté des données, récépissés en vigueur (nombre et empreinte), version du code, verdict de l''audit.';
comment on column entrepot.parution.statut is
'« refusee » : l''audit a trouvé un défaut bloquant ; « echouee » : une panne l''a interrompue, une nouvelle tentative peut réussir.';
comment on column entrepot.parution.methode is 'Empreinte des fichiers qui décident du sens des chiffres (dbt, règles, gabarits).';
comment on column entrepot.parution.arretee_le is 'Arrivée du dernier récépissé pris en compte.';
comment on column entrepot.parution.donnees_fictives is 'Vrai si un récépissé en vigueur vient d''un expéditeur du domaine réservé « .invalid » (données d''exemple).';
alter table entrepot.traitement add foreign key (parution_id) references entrepot.parution;

create table entrepot.methode (
    partie text primary key check (partie in ('reference', 'preparation', 'controle')),
    empreinte text not null,
    appliquee_le timestamptz not null default clock_timestamp()
);
comment on table entrepot.methode is
'Empreinte des fichiers (référentiels, modèles, règles) avec lesquels l''entrepôt a calculé ce qu''il contient.';

create table entrepot.parution_mart (
    parution_id bigint not null references entrepot.parution,
    mart text not null,
    lignes bigint not null,
    primary key (parution_id, mart)
);
comment on table entrepot.parution_mart is 'Nombre de lignes de chaque mart d''une parution.';

create table entrepot.controle_audit (
    parution_id bigint not null references entrepot.parution,
    regle text not null,
    mart text not null,
    reussi boolean not null,
    observe text,
    message text not null,
    primary key (parution_id, regle, mart)
);
comment on table entrepot.controle_audit is 'Contrôles de l''audit de chaque parution candidate, réussis ou non.';

create table entrepot.execution_dbt (
    execution_id bigint generated always as identity primary key,
    invocation_id text not null,
    commande text not null,
    noeud text not null,
    statut text not null,
    duree_s double precision,
    lignes bigint,
    message text,
    parution_id bigint references entrepot.parution,
    enregistre_le timestamptz not null default clock_timestamp()
);
comment on table entrepot.execution_dbt is 'run_results.json de chaque commande dbt, nœud par nœud.';
